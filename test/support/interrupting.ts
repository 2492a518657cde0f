import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { withProfiles } from './escrow.ts';
import { Sandbox } from './sandbox.ts';
import { keysIn } from './terminal.ts';
import { UnrealServer } from './unreal-server.ts';

/*
 * Ctrl-C at each call of a command. The exit code tells whether anything happened. After `recover`, the secret of every
 * live key is available, and every name has a key that works.
 */

interface Scene {
  box: Sandbox;
  server: UnrealServer;
  env: Record<string, string>;
  /** Secrets that were delivered before. */
  known: string[];
}

const names = ['a', 'b', 'c'];

async function scene(hasEscrow: boolean): Promise<Scene> {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  for (const name of [...names, 'new']) box.expectSecretIn(`got-${name}`);
  const profile = { provider: 'unreal', url: server.url, ...(hasEscrow && { escrow: 'file' }) };
  withProfiles(box, { work: profile });
  if (hasEscrow) box.expectEscrow();
  box.write('take.sh', 'test ! -e refuse || exit 1\ncat > "got-$1"\n');
  for (const name of names) server.add(name);
  const env = { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' };
  return { box, server, env, known: server.keys.map(({ secret }) => secret) };
}

const deliver = ['--to', 'exec:sh take.sh {name}'];
export const commands: Record<string, { args: string[]; prepare?: (scene: Scene) => Promise<void> }> = {
  create: { args: ['create', 'new', ...deliver] },
  rotate: { args: ['rotate', 'a', '--grace', '0', ...deliver] },
  'rotate --all': { args: ['rotate', '--all', '--grace', '0', '--concurrency', '2', ...deliver] },
  apply: {
    args: ['apply', '--yes', '--concurrency', '2'],
    async prepare({ box }) {
      const rules = 'rotate: { olderThan: 1d, grace: 0 }';
      const entry = (name: string) => `  ${name}: { ${rules}, to: ["exec:sh take.sh ${name}"] }\n`;
      box.write('keys.yaml', `keys:\n${[...names, 'new'].map(entry).join('')}`);
    },
  },
  'revoke of several': { args: ['revoke', ...names, '--yes'] },
  'recover --all': {
    args: ['recover', '--all', '--yes'],
    async prepare({ box, env }) {
      box.write('refuse', '');
      for (const name of ['a', 'b']) await box.keys(['rotate', name, '--grace', '0', ...deliver], { env });
      writeFileSync(join(box.cwd, 'take.sh'), 'cat > "got-$1"\n');
    },
  },
};

export interface Interrupted {
  hasEscrow: boolean;
  /** How many times Ctrl-C is typed while the call is under way. */
  times?: number;
  /** The first call that is interrupted. */
  first?: number;
  /** Interrupts every n-th call. */
  stride?: number;
}

/** Runs the command repeatedly, interrupted at one call after the other, until it has no further call. */
export async function interruptedAtEachCall(
  what: string,
  { hasEscrow, times = 1, first = 1, stride = 1 }: Interrupted,
): Promise<void> {
  for (let at = first; at < 60; at += stride) if (await isOver(what, { hasEscrow, times }, at)) return;
  throw new Error(`${what} makes too many calls`);
}

/** Interrupts the command at its n-th call; true if it has no such call. */
async function isOver(
  what: string,
  { hasEscrow, times }: { hasEscrow: boolean; times: number },
  at: number,
): Promise<boolean> {
  const { box, server, env, known } = await scene(hasEscrow);
  const { args = [], prepare } = commands[what] ?? {};
  await prepare?.({ box, server, env, known });
  const before = server.keys.map(({ hash }) => hash);
  let calls = 0;
  let hasWritten = false;
  server.onRequest = async (call) => {
    calls += 1;
    const isNow = calls === at;
    if (isNow) {
      for (let count = 0; count < times; count++) {
        if (count > 0) await pause(400);
        terminal.type('\x03');
      }
      // The signal arrives before the response.
      await pause(60);
    }
    if (!call.startsWith('GET')) hasWritten = true;
  };
  const terminal = keysIn(box, [...args, '--timeout', '3s'], { env });
  const exit = await terminal.ended;
  server.onRequest = async () => {};
  if (calls < at) return true;

  const where = `call ${at} of ${what}: ${exit}\n${terminal.output}`;
  expect(times > 1 ? [0, 1, 5, 130] : [0, 5, 130], where).toContain(exit);
  if (exit === 130) {
    expect(hasWritten, where).toBe(false);
    expect(
      server.keys.map(({ hash }) => hash),
      where,
    ).toEqual(before);
  }
  const recovery = await box.keys(['recover', '--all', '--yes'], { env });
  expect(recovery.exit, `${where}\n${recovery.stderr}`).toBe(0);
  const got = new Set([
    ...known,
    ...readdirSync(box.cwd)
      .filter((file) => file.startsWith('got-'))
      .map((file) => box.read(file)),
  ]);
  expect(
    server.keys.filter(({ secret }) => !got.has(secret)).map(({ name }) => name),
    where,
  ).toEqual([]);
  if (!what.startsWith('revoke'))
    expect(new Set(server.keys.map(({ name }) => name)), where).toEqual(
      new Set(server.keys.some(({ name }) => name === 'new') ? [...names, 'new'] : names),
    );
  return false;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
