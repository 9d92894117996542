/** Shorter texts are no secrets worth the name, and blanking them would make a message unreadable. */
const SHORTEST = 4;

/** A message without the values that a secret holds, however they are written in it. */
export function blank(message: string, values: Iterable<string>): string {
  const forms = [...values].filter((value) => value.length >= SHORTEST)
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), Buffer.from(value).toString('base64')]);
  // The longest first: one may be a part of another.
  return [...new Set(forms)].sort((a, b) => b.length - a.length).reduce((text, form) => text.replaceAll(form, '***'), message);
}

/** Every text in a parsed value, at any depth. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
