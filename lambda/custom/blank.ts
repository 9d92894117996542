/** Shorter texts are no secrets worth the name, and blanking them would make a message unreadable. */
const SHORTEST = 4;

/** A message without the values that a secret holds, in whichever of the usual forms they stand in it, also as a part of something longer. */
export function blank(message: string, values: Iterable<string>): string {
  const forms = new Set([...values].flatMap((value) => [value, ...value.split(/\r?\n/)]).flatMap(formsOf).filter((form) => form.length >= SHORTEST));
  const hidden = new Array<boolean>(message.length).fill(false);
  for (const form of forms) {
    // One may overlap another, or itself.
    for (let at = message.indexOf(form); at >= 0; at = message.indexOf(form, at + 1)) hidden.fill(true, at, at + form.length);
  }
  return message.split('').map((unit, at) => (hidden[at] ? (hidden[at - 1] ? '' : '***') : unit)).join('');
}

/** Every text and number in a parsed value, at any depth. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function formsOf(value: string): string[] {
  if (value.length < SHORTEST) return [];
  const bytes = Buffer.from(value);
  const sent = bytes.toString(); // half a surrogate pair cannot be sent, nor encoded
  const json = [value, value.trim()].flatMap(inJson);
  const url = [encodeURIComponent(sent), encodeURI(sent), new URLSearchParams([['', sent]]).toString().slice('='.length)];
  return [
    value, value.trim(), sent, inHtml(sent), sent.replaceAll('"', '""'), sent.replaceAll("'", "''"), ...json, ...json.flatMap(inJson),
    ...url, ...url.map((one) => one.replace(/%../g, (escape) => escape.toLowerCase())),
    bytes.toString('hex'), bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((before) => base64At(bytes, before)),
  ];
}

function inHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** As it is written by JavaScript, by those who escape all but ASCII, and by those who escape slashes. */
function inJson(text: string): string[] {
  const escaped = JSON.stringify(text).slice(1, -1);
  return [escaped, escaped.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`), escaped.replaceAll('/', '\\/')];
}

/** What base64 makes of it wherever it stands in something longer, such as `user:password`: without what depends on its neighbours. */
function base64At(bytes: Buffer, before: number): string[] {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    .slice(Math.ceil(before * 8 / 6), Math.floor((before + bytes.length) * 8 / 6));
  return [encoded, encoded.replaceAll('+', '-').replaceAll('/', '_')];
}
