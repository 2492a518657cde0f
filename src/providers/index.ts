import { authority } from './authority.ts';
import { betterAuth } from './better-auth.ts';
import type { Provider } from './declaration/provider.ts';
import { drun } from './drun.ts';
import { gitlab } from './gitlab.ts';
import { npm } from './npm.ts';
import { openrouter } from './openrouter.ts';
import { privatemind } from './privatemind.ts';
import { riskinmind } from './riskinmind.ts';
import { unreal } from './unreal.ts';

/** The APIs that `keys` knows by itself. A new one is a file and a line here. */
export const providers: readonly Provider[] = [
  unreal,
  riskinmind,
  privatemind,
  drun,
  authority,
  openrouter,
  betterAuth,
  gitlab,
  npm,
];
