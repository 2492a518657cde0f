import { join } from 'node:path';
import { splitCommand } from '../../src/sinks/split-command.ts';
import { withEscrow } from './escrow.ts';
import { program, projectRoot, Sandbox } from './sandbox.ts';
import { seedUse } from './seed.ts';
import { StandIns } from './stand-in.ts';
import { Terminal } from './terminal.ts';

/* What the pictures in the docs show: the built program in a real terminal, on a seeded account. */

const world = join(projectRoot, 'test', 'support', 'fixed-world.cjs');
export const now: Date = new Date('2026-11-20T12:00:00Z');
const dayMs = 86_400_000;

/** One person at one terminal, and everything that was sent to it. */
export class Session {
  readonly box: Sandbox = withEscrow(new Sandbox());
  readonly columns: number;
  output = '';
  readonly #programs = new StandIns();
  #seed = 0;

  constructor(columns: number) {
    this.columns = columns;
    this.box.expectSecretIn('.env');
    this.#programs.add('put-secret').add('gh', { args: /secret set/, code: 1, stderr: 'HTTP 503' });
  }

  /** Runs a command as it was some days ago, unseen. */
  async before(daysAgo: number, args: readonly string[], expected = 0): Promise<string> {
    const { exit, stdout, stderr } = await this.box.command(
      [process.execPath, '--require', world, program, ...args],
      {
        env: this.#environment(new Date(now.getTime() - daysAgo * dayMs)),
      },
    );
    if (exit !== expected) throw new Error(stderr);
    return stdout;
  }

  /** A key that was created some days ago; its id. */
  async key(daysAgo: number, name: string, ...flags: readonly string[]): Promise<string> {
    this.box.expectSecretIn(name);
    const args = ['create', name, '--to', `file:${name}`, ...flags, '--json', 'id'];
    const created = await this.before(daysAgo, args);
    return (JSON.parse(created) as { id: string }).id;
  }

  async uses(id: string, daysAgo: number, use: Parameters<typeof seedUse>[3]): Promise<void> {
    await seedUse(this.box, new Date(now.getTime() - daysAgo * dayMs), id, use);
  }

  /** Types a command, and waits for its end. */
  async types(line: string): Promise<void> {
    const terminal = this.start(line);
    await terminal.ended;
    this.output += terminal.output;
  }

  /** Types a command that asks something. */
  start(line: string): Terminal {
    this.output += `${this.output === '' ? '' : '\r\n'}\x1b[2m$\x1b[22m ${line}\r\n`;
    const [, ...args] = splitCommand(line);
    const command = [process.execPath, '--require', world, program, ...args];
    return new Terminal(this.box, command, { columns: this.columns, env: this.#environment(now) });
  }

  #environment(time: Date): Record<string, string> {
    this.#seed += 1;
    return {
      PATH: `${this.#programs.folder}:${process.env.PATH}`,
      LANG: 'C.UTF-8',
      PAGER: 'cat',
      TERM: 'xterm-256color',
      TZ: 'UTC',
      SCREEN_NOW: time.toISOString(),
      SCREEN_SEED: String(this.#seed),
    };
  }
}

export interface Screen {
  title: string;
  columns: number;
  play(session: Session): Promise<void>;
}

/** Three keys of different ages, as a small team has them. */
async function seedTeam(session: Session): Promise<void> {
  const production = await session.key(
    80,
    'production-api',
    '--expires',
    '90d',
    '--rate-limit',
    '600',
    '--budget',
    '60',
  );
  const nightly = await session.key(30, 'nightly-summariser', '--expires', '1y', '--budget', '5');
  await session.key(3, 'ci', '--expires', '90d', '--description', 'deploys');
  for (let day = 29; day >= 0; day -= 1) {
    const load = 1 + (day % 7 === 1 || day % 7 === 2 ? 0.2 : 1) * (1 + ((day * 5) % 7) / 4);
    const requests = Math.round(2000 * load);
    await session.uses(production, day + 0.125, {
      requests,
      tokens: requests * 420,
      costUsd: requests / 2900,
    });
  }
  await session.uses(nightly, 3, { requests: 17, tokens: 200_000, costUsd: 3.2 });
}

/** Types each answer when its question is there. */
async function answer(terminal: Terminal, pairs: readonly (readonly [question: string, keys: string])[]) {
  for (const [question, keys] of pairs) {
    await terminal.shows(question);
    await terminal.rests();
    terminal.type(keys);
  }
}

export const screens: Readonly<Record<string, Screen>> = {
  create: {
    title: 'keys create: a key whose secret goes to a dotenv file',
    columns: 90,
    play: (session) => session.types('keys create ci --expires 90d --to env:.env#API_KEY'),
  },
  form: {
    title: 'keys create without a name: a form that prints the command that does the same',
    columns: 90,
    async play(session) {
      const terminal = session.start('keys create');
      await answer(terminal, [
        ['Name of the key', 'ci\r'],
        ['When does it expire?', '\r'],
        ['What may it do?', '\r'],
        ['Limits?', '\r'],
        ['Where does the secret go?', 'dotenv\r'],
        ['Where exactly', '\r'],
        ['Create this key?', '\r'],
      ]);
      await terminal.ended;
      session.output += terminal.output;
    },
  },
  list: {
    title: 'keys list: the keys of an account with status, expiry and use',
    columns: 100,
    async play(session) {
      await seedTeam(session);
      await session.types('keys list');
    },
  },
  usage: {
    title: 'keys usage --by day: requests of two weeks as a chart',
    columns: 100,
    async play(session) {
      await seedTeam(session);
      await session.types('keys usage --by day --since 14d');
    },
  },
  rotate: {
    title: 'keys rotate --all: new keys for all that are old enough',
    columns: 100,
    async play(session) {
      await seedTeam(session);
      await session.types("keys rotate --all --older-than 20d --to 'exec:put-secret {name}' --concurrency 1");
    },
  },
  picker: {
    title: 'keys show without a key: the list is filtered by typing',
    columns: 90,
    async play(session) {
      await seedTeam(session);
      const terminal = session.start('keys show');
      await terminal.shows('type to filter');
      await terminal.rests();
      terminal.type('pro');
      await terminal.rests();
      session.output += terminal.output;
      terminal.type('\x03');
      await terminal.ended;
    },
  },
  recover: {
    title: 'keys recover: a secret that could not be delivered is in escrow',
    columns: 100,
    async play(session) {
      await session.before(0, ['create', 'deploy', '--to', 'github:acme/app#DEPLOY_KEY'], 5);
      const [operation] = JSON.parse(await session.before(0, ['recover', '--list', '--json', 'operation']));
      await session.types('keys recover --list');
      await session.types(`keys recover ${operation.operation} --to env:.env#DEPLOY_KEY`);
    },
  },
  error: {
    title: 'keys: every problem of a command line at once, with what was meant',
    columns: 90,
    play: (session) => session.types('keys create ci --expire 5m --rate-limit often --to evn:.env#API_KEY'),
  },
};
