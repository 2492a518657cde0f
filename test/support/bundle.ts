import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';
import { onTestFinished } from 'vitest';
import { projectRoot } from './sandbox.ts';

/**
 * A program made of the project's own modules, for tests that need real processes: Node 20 does not run TypeScript.
 * Bundled as the released program is. `source` imports from `src/…`; the path of the program is returned.
 */
export async function bundleProgram(source: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'keys-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  for (const entry of ['keychain-child.cjs', 'program-launcher.cjs'])
    symlinkSync(join(projectRoot, 'dist', entry), join(folder, entry));
  writeFileSync(join(folder, 'program.ts'), source.replaceAll(/'src\//g, `'${projectRoot}/src/`));
  await build({
    cwd: projectRoot,
    input: { program: join(folder, 'program.ts') },
    platform: 'node',
    external: ['libsql', '@napi-rs/keyring'],
    transform: { target: 'node20.19' },
    output: {
      dir: join(folder, 'dist'),
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
      minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    },
  });
  return join(folder, 'dist', 'program.mjs');
}
