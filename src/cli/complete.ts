import type { NameFinder } from '../app/completion/find-names.ts';
import type { RefreshJob } from '../app/completion/refresh-names.ts';
import { shown, visible } from '../base/sanitise.ts';
import { looksLikeSecret } from '../base/secret.ts';
import type { Io } from '../platform/io.ts';
import type { Catalog } from './catalog.ts';
import type { Candidate } from './completion.ts';
import { complete } from './completion.ts';
import type { Manual } from './help.ts';
import type { Shell } from './shells/shell.ts';

/*
 * What the scripts of `keys completion` run at each Tab, before any command line is parsed. The shell's line arrives on
 * stdin: it may contain a secret, and arguments are public. Failures are silent. It never waits for a network, a keychain or
 * an answer, and prints only what is plain text to a shell and a terminal.
 */

export const shells: Readonly<Record<string, () => Promise<Shell>>> = {
  bash: async () => (await import('./shells/bash.ts')).bash,
  zsh: async () => (await import('./shells/zsh.ts')).zsh,
  fish: async () => (await import('./shells/fish.ts')).fish,
  powershell: async () => (await import('./shells/powershell.ts')).powershell,
};

export interface CompletionParts {
  catalog: Catalog;
  manual: () => Promise<Manual>;
}

/** `keys completion --words SHELL` answers a script; `--refresh` lists the names of keys for the next one. Never rejects. */
export async function serveCompletion(
  [, flag, name = '']: readonly string[],
  io: Io,
  parts: CompletionParts,
): Promise<void> {
  try {
    if (flag === '--refresh') await refresh(io);
    else if (Object.hasOwn(shells, name)) await answer(io, parts, await shells[name]?.());
  } catch {
    // Nothing is offered.
  }
}

async function answer(io: Io, { catalog, manual }: CompletionParts, shell: Shell | undefined): Promise<void> {
  const request = shell?.read(await readInput(io));
  if (!shell || !request) return;
  let finder: NameFinder | undefined;
  const completion = await complete(request.line, {
    catalog,
    topics: async () => (await manual()).topics,
    describes: shell.describes,
    async findNames(kind, one) {
      finder ??= new (await import('../app/completion/find-names.ts')).NameFinder(io);
      // A profile that does not exist is no reason to offer no flags.
      return finder.find(kind, one).catch(() => []);
    },
  });
  const candidates = completion.candidates.filter(isHarmless).map(described);
  await io.stdout.write(request.reply({ ...completion, candidates }));
  if (!finder?.refresh) return;
  const { startInBackground } = await import('../platform/background.ts');
  const input = JSON.stringify(finder.refresh);
  await startInBackground(['completion', '--refresh'], { env: io.env, cwd: io.cwd, input });
}

async function refresh(io: Io): Promise<void> {
  const { refreshNames } = await import('../app/completion/refresh-names.ts');
  await refreshNames(io, JSON.parse(await readInput(io)) as RefreshJob);
}

/** Empty if a person would have to type it. */
async function readInput({ stdin }: Io): Promise<string> {
  if (stdin.isTTY) return '';
  const pieces: Buffer[] = [];
  for await (const piece of stdin) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('utf8');
}

/** A line break would end a candidate, an escape sequence would reach the terminal. */
function isHarmless({ value }: Candidate): boolean {
  return value !== '' && visible(value) === value && !looksLikeSecret(value);
}

const maxDescription = 80;

function described({ description = '', ...candidate }: Candidate): Candidate {
  const isPlain = description !== '' && !looksLikeSecret(description);
  return isPlain ? { ...candidate, description: shown(description, maxDescription) } : candidate;
}
