import type { App } from './app.ts';
import type { SinkContext } from './delivery/open-sinks.ts';

/** What sinks need of the world; `cwd` is what relative paths mean. */
export function sinkContextOf(app: App, allowInGit: boolean, cwd = app.io.cwd): SinkContext {
  const { env } = app.io;
  const limited = !app.interactive;
  return {
    cwd,
    env,
    timeout: app.timeout,
    allowInGit,
    keychain: async () => {
      const { openKeychain, keychainLimit } = await import('./tokens/keychain.ts');
      return openKeychain({ env, holds: 'secrets', ...(limited && { limit: keychainLimit }) });
    },
    note: (text) => app.note(text),
    platform: process.platform,
  };
}
