import type { Journal, Operation } from '../../src/keys/operations/operation.ts';
import type { KeyBackend, Sink } from '../../src/keys/ports.ts';

/** What every port throws once the process is dead. */
export class Killed extends Error {}

/**
 * A process that dies before its n-th call of a port, from 1: that call and every later one throw, so that nothing can be
 * cleaned up. `release` then frees what the system frees for a dead process: its file locks.
 */
export class MortalPorts {
  readonly #lastCall: number;
  readonly #operations: Operation[] = [];
  calls = 0;

  constructor(n: number) {
    this.#lastCall = n - 1;
  }

  get isDead(): boolean {
    return this.calls > this.#lastCall;
  }

  backend(backend: KeyBackend): KeyBackend {
    return this.#mortal(backend);
  }

  sinks(sinks: readonly Sink[]): Sink[] {
    return sinks.map((sink) => this.#mortal(sink));
  }

  journal(journal: Journal): Journal {
    const mortal = this.#mortal(journal);
    return {
      begin: async (plan) => {
        const operation = await mortal.begin(plan);
        this.#operations.push(operation);
        return this.#mortal(operation);
      },
    };
  }

  async release(): Promise<void> {
    for (const operation of this.#operations) await operation.leave();
  }

  #mortal<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          this.calls += 1;
          if (this.isDead) throw new Killed(`killed before ${String(name)}`);
          return value.apply(target, args);
        };
      },
    });
  }
}
