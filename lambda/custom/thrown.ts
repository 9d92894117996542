/** What is told of something that a user's hook has thrown: anything may be thrown. */

/** Longer messages are cut: some services answer with a whole page. */
const LONGEST = 2000;

/** So many causes are told of: of "fetch failed" only its cause says why. */
const MOST_CAUSES = 3;

/** @param hide takes what is secret out of a text. */
export function describeThrown(thrown: unknown, hide: (text: string) => string): string {
  let told: string;
  try {
    told = chainOf(thrown).map(describeOne).join(', caused by ');
  } catch {
    told = 'something that cannot be read: throw an Error that says what the service answered';
  }
  const hidden = hide(told);
  return hidden.length > LONGEST ? `${hidden.slice(0, LONGEST)} …` : hidden;
}

/** Whether it is, or says to be, of a class of errors: a bundle may hold that class twice. */
export function isNamed(thrown: unknown, name: string): boolean {
  try {
    return typeof thrown === 'object' && thrown !== null && (thrown as { name?: unknown }).name === name;
  } catch {
    return false;
  }
}

function chainOf(thrown: unknown): unknown[] {
  const chain: unknown[] = [thrown];
  for (let next = causeOf(thrown); next !== undefined && chain.length <= MOST_CAUSES; next = causeOf(next)) chain.push(next);
  return chain;
}

/** That of several errors is the first of them. */
function causeOf(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { cause, errors } = thrown as { cause?: unknown; errors?: unknown };
  return cause ?? (Array.isArray(errors) ? errors[0] as unknown : undefined);
}

function describeOne(thrown: unknown): string {
  if (typeof thrown === 'string' && thrown !== '') return thrown;
  const { name, message, code } = (thrown ?? {}) as { name?: unknown; message?: unknown; code?: unknown };
  if (typeof message !== 'string') return `${article(thrown)} was thrown, which tells nothing: throw an Error that says what the service answered`;
  const said = message !== '' ? message : typeof code === 'string' ? code : 'no message';
  // What is no JSON is quoted by the parser: it may be a credential that was just made.
  const told = / JSON\b/.test(said) || name === 'SyntaxError' ? said.replace(/"[^]*"/, '"***"') : said;
  return `${typeof name === 'string' ? name : 'Error'}: ${told}`;
}

function article(thrown: unknown): string {
  if (thrown === '') return 'an empty text';
  return thrown === undefined || thrown === null ? String(thrown) : `a value of type ${typeof thrown}`;
}
