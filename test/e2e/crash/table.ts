// The crash matrix as text: pure functions of the cases that were played.
import type { Case } from './matrix';

/** In this order, as far as they were played. */
const COLUMNS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret', 'no room', 'check: deactivate', 'check: delete', 'retire'];

/** A row for each authority and policy, a column for each step: how many cases, and how many of them broke something. */
export function table(cases: readonly Case[]): string {
  const columns = COLUMNS.filter((column) => cases.some((played) => played.column === column));
  const combinations = [...new Map(cases.map(({ authority, policy }) => [`${authority} ${policy}`, { authority, policy }])).values()];
  const rows = combinations.map(({ authority, policy }) => {
    const own = cases.filter((played) => played.authority === authority && played.policy === policy);
    return [authority, policy, ...columns.map((column) => cell(own.filter((played) => played.column === column))), cell(own)];
  });
  const all = ['all', '', ...columns.map((column) => cell(cases.filter((played) => played.column === column))), cell(cases)];
  return aligned([['authority', 'policy', ...columns, 'all'], ...rows, all]);
}

/** What there is to know of a case that broke something, and how to play it again. */
export function tell({ authority, policy, column, call, action, when, broken }: Case): string {
  return [
    `✗ ${authority}, ${policy}, ${column}: killed ${when} call ${call}, ${action}`,
    ...broken.map((what) => `    ${what}`),
    `    again: npm run test:crash -- --authority ${authority} --policy ${policy}`,
  ].join('\n');
}

function cell(cases: readonly Case[]): string {
  if (cases.length === 0) return '–';
  const violations = cases.filter(({ broken }) => broken.length > 0).length;
  return violations === 0 ? `${cases.length} ✓` : `${cases.length} ✗ ${violations}`;
}

function aligned(rows: readonly string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((text, column) => (column < 2 ? text.padEnd(widths[column]) : text.padStart(widths[column]))).join('  ').trimEnd()).join('\n');
}
