import { version } from '../package.json';
import { exits } from './base/error-codes.ts';
import { bug, KeysError, systemCode } from './base/errors.ts';
import type { Io } from './platform/io.ts';

/** Runs one command line and returns the exit code. The only place that catches errors to print them. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    // Scripts ask for the version often: nothing else is loaded for it.
    if (argv.length === 1 && /^(?:--version|-[vV])$/.test(argv[0] ?? '')) {
      await io.stdout.write(`${version}\n`);
      return exits.done.code;
    }
    const isCompletion = argv[0] === 'completion' && /^--(?:words|refresh)$/.test(argv[1] ?? '');
    const [{ run }, { catalog }] = await Promise.all([
      import('./cli/program.ts'),
      import('./commands/catalog.ts'),
    ]);
    const manual = async () => (await import('./commands/manual.ts')).manualOf(catalog);
    if (isCompletion) {
      await (await import('./cli/complete.ts')).serveCompletion(argv, io, { catalog, manual });
      return exits.done.code;
    }
    return await run(argv, io, { catalog, manual, version });
  } catch (error) {
    // The reader of stdout has seen enough (`keys list | head -1`).
    if (systemCode(error) === 'EPIPE') return exits.done.code;
    const { report } = await import('./cli/program.ts');
    const failure = error instanceof KeysError ? error.failure : bug(error);
    await report(failure, argv, io);
    return exits[failure.exit].code;
  }
}
