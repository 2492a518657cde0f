import { readdirSync } from 'node:fs';
import type { Case } from './case.ts';

/** One file per provider, named after its id. */
const files = readdirSync(new URL('cases', import.meta.url)).sort();
const ids = files.map((file) => file.replace('.ts', ''));
const modules = await Promise.all(ids.map((id) => import(`./cases/${id}.ts`)));

export const cases = modules.flatMap((module: Record<string, Case>) => Object.values(module));
