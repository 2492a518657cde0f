import type { SinkContext } from '../../src/sinks/context.ts';
import { memoryKeychain } from './fake-keychain.ts';

/** What sinks need, in this folder. */
export function sinkContext(cwd: string, options: Partial<SinkContext> = {}): SinkContext {
  return {
    cwd,
    env: { PATH: process.env.PATH },
    timeout: 10_000,
    allowInGit: false,
    keychain: async () => memoryKeychain(),
    owners: async () => memoryKeychain(),
    owner: async () => 'local',
    session: async () => {
      throw new Error('there are no sessions here');
    },
    note: async () => {},
    waitFor: (_, work) => work(),
    platform: process.platform,
    ...options,
  };
}
