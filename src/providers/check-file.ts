import { dirname } from 'node:path';
import { maskSecrets } from '../base/secret.ts';
import { checkProvider } from './declaration/check.ts';
import type { Provider } from './declaration/provider.ts';
import { remarksOn } from './declaration/remarks.ts';
import type { SchemaIssue } from './declaration/schema-issue.ts';
import type { Position } from './json-source.ts';
import { parseSource, positionsIn, repeatedFields } from './json-source.ts';
import { nameIssues, readDeclaration } from './own-provider.ts';

/** A problem in a file, and where it is. The path is empty for one of the file as a whole. */
export interface FileIssue extends SchemaIssue, Position {}

export interface CheckedFile {
  text: string;
  /** Undefined if there are issues. */
  provider?: Provider;
  issues: FileIssue[];
  /** What the author may not have meant, though the declaration is valid. */
  remarks: FileIssue[];
}

/** Reads and checks the file of a provider. Throws `KeysError` if it cannot be read. `folder` is that of the own providers. */
export function checkFile(file: string, folder: string): CheckedFile {
  return checkText(readDeclaration(file), (provider) =>
    dirname(file) === folder ? nameIssues(provider, file) : [],
  );
}

/** Checks the text of a declaration; `more` finds what only the caller can know. */
export function checkText(text: string, more: (provider: Provider) => SchemaIssue[] = () => []): CheckedFile {
  const source = parseSource(text);
  if ('fault' in source) return { text, issues: [{ path: '', ...source.fault }], remarks: [] };
  const { document } = source;
  const positionOf = positionsIn(document);
  const placed = (issue: SchemaIssue): FileIssue => ({
    ...positionOf(issue.path),
    ...issue,
    path: maskSecrets(issue.path),
  });
  const repeats = repeatedFields(document).map((field) => ({
    ...field,
    path: maskSecrets(field.path),
    message: 'is there twice, and only the last one counts; remove one of them',
  }));
  const { provider, issues: ownIssues } = checkProvider(JSON.parse(text));
  const issues = unique([...repeats, ...[...ownIssues, ...(provider ? more(provider) : [])].map(placed)]);
  issues.sort((a, b) => a.line - b.line || a.column - b.column);
  if (!provider || issues.length > 0) return { text, issues, remarks: [] };
  return { text, provider, issues: [], remarks: remarksOn(provider).map(placed) };
}

/** A text may have the same fault several times. */
function unique(issues: readonly FileIssue[]): FileIssue[] {
  return [
    ...new Map(
      issues.map((issue) => [`${issue.line}:${issue.column}:${issue.path}:${issue.message}`, issue]),
    ).values(),
  ];
}
