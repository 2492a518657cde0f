import { expect, test } from 'vitest';
import { quirkyWorld } from '../support/key-worlds.ts';
import { runKilled } from '../support/killing.ts';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';

const slow = 120_000;

/* A rotation that keeps the id, killed before each of its steps: the delivered key is never the retired one. */

test.skipIf(lacks('strace'))(
  'recover does not revoke the key that it delivered',
  { timeout: slow },
  async () => {
    for (let call = 1; call <= 12; call += 1) {
      const box = new Sandbox();
      box.expectEscrow();
      box.expectSecretIn('key');
      const world = await quirkyWorld(box, { escrow: 'file' }, { rolls: true, single: true });
      const env = world.env;
      await box.keys(['create', 'ci', '--to', 'file:key'], { env });
      const rotate = ['rotate', 'ci', '--allow-downtime', '--grace', '0', '--to', 'file:key'];
      await runKilled(box, [...rotate, '--timeout', '5s'], { call }, { env });
      const recovery = await box.keys(['recover', '--all', '--yes'], { env });
      expect(await world.live(), `call ${call}: ${recovery.stderr}`).toHaveLength(1);
      if (recovery.exit === 0) expect(await world.works(box.read('key')), `call ${call}`).toBe(true);
    }
  },
);
