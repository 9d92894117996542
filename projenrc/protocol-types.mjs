// Writes the types of the protocol kit: what its users see, file by file, and nothing of what is behind it. Part of `projen bundle`.
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

for (const name of ['index', 'definition']) {
  const source = readFileSync(`lambda/custom/${name}.ts`, 'utf8');
  const { outputText, diagnostics } = ts.transpileDeclaration(source, { fileName: `${name}.ts`, compilerOptions: { stripInternal: true } });
  if (diagnostics?.length) throw new Error(ts.formatDiagnostics(diagnostics, { getCanonicalFileName: (file) => file, getCurrentDirectory: () => '.', getNewLine: () => '\n' }));
  writeFileSync(`protocol/${name}.d.ts`, outputText);
}
