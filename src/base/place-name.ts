import { shown } from './sanitise.ts';

/** Where a command works, `work · openrouter`: the profile, and its provider unless it is called the same. */
export function placeName({ profile, provider }: { profile: string; provider: string }): string {
  return profile === provider ? shown(profile) : `${shown(profile)} · ${shown(provider)}`;
}
