import { readdirSync } from 'node:fs';
import type { Case } from './case.ts';

/** One file per provider, named after its id. */
const files = readdirSync(new URL('cases', import.meta.url)).sort();
const modules = await Promise.all(files.map((file) => import(`./cases/${file}`)));

export const cases = modules.flatMap((module: Record<string, Case>) => Object.values(module));
