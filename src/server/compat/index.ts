import type { CompatApi } from './compat-api.ts';
import { drun } from './drun.ts';
import { privatemind } from './privatemind.ts';
import { riskinmind } from './riskinmind.ts';
import { unreal } from './unreal.ts';

/** The vendors' APIs that the server serves. A new one is a file and a line here. */
export const compatApis: readonly CompatApi[] = [unreal, riskinmind, privatemind, drun];
