import { KeysError, usageError } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import { gitCommand, gitEnvironment, gitHookEnvironment } from '../platform/git.ts';
import { outputOf, ProgramFailure } from '../platform/stream-program.ts';

/* A repository through git's own programs for scripts, whose output no setting changes. */

export class GitRepository {
  readonly #folder: string;
  readonly #env: Environment;
  /** From the current folder to the root of the work tree, such as `../`; empty in a bare repository. */
  readonly toRoot: string;

  private constructor(folder: string, env: Environment, toRoot: string) {
    this.#folder = folder;
    this.#env = env;
    this.toRoot = toRoot;
  }

  /** The repository that a folder is in. `inHook`: the one that git names to its hooks. Throws `KeysError` (2) without one. */
  static async open(folder: string, env: Environment, { inHook = false } = {}): Promise<GitRepository> {
    const own = inHook ? gitHookEnvironment(env) : gitEnvironment(env);
    // A path is a path, whatever is in it.
    const bare = new GitRepository(folder, { ...own, GIT_LITERAL_PATHSPECS: '1' }, '');
    try {
      const root = await bare.text(['rev-parse', '--show-cdup']);
      return new GitRepository(folder, bare.#env, root.replace(/\n$/, ''));
    } catch (error) {
      throw error instanceof KeysError ? usageError(error.message) : error;
    }
  }

  /** Throws `KeysError` if git fails, such as for want of an object that a damaged or partial clone lacks. */
  async *output(args: readonly string[], input?: AsyncIterable<string>): AsyncGenerator<Buffer> {
    const command = gitCommand(this.#folder, args);
    try {
      yield* outputOf({ command, cwd: this.#folder, env: this.#env, ...(input && { input }) });
    } catch (error) {
      if (!(error instanceof ProgramFailure)) throw error;
      throw new KeysError({
        code: 'program_failed',
        message: `cannot read the git repository: ${error.message}`,
        hints: ['see what is missing or damaged: git fsck'],
        cause: error,
      });
    }
  }

  async text(args: readonly string[]): Promise<string> {
    let text = '';
    for await (const piece of this.output(args)) text += piece.toString('utf8');
    return text;
  }

  /** The parts of an output, without the separator after each. Bytes that are not UTF-8 are replaced. */
  async *parts(
    args: readonly string[],
    separator: number,
    input?: AsyncIterable<string>,
  ): AsyncGenerator<string> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const piece of this.output(args, input)) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      let at = 0;
      for (let end = bytes.indexOf(separator); end >= 0; end = bytes.indexOf(separator, at)) {
        yield bytes.toString('utf8', at, end);
        at = end + 1;
      }
      rest = bytes.subarray(at);
    }
    if (rest.length > 0) yield rest.toString('utf8');
  }
}
