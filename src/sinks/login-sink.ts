import type { Sink } from '../keys/ports.ts';
import type { SinkContext } from './context.ts';

/** `login:PROFILE`: the session token of a profile, for a key that is one itself. */
export function loginSink(name: string, profile: string, { session }: SinkContext): Sink {
  return {
    name,
    check: async () => (await session(profile)).check(),
    deliver: async ({ secret }) => (await session(profile)).write(secret),
    read: () =>
      session(profile)
        .then((place) => place.read())
        .then(
          (token) => token ?? null,
          () => undefined,
        ),
    removeLeftovers: async () => (await session(profile).catch(() => undefined))?.removeLeftovers(),
  };
}
