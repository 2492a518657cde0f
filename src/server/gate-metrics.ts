import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import type { GateFigures } from '../authority/store/use-gate.ts';

/** Shows what a gate counts that asks a database elsewhere: its connections, its leases, and how it hears of changes. */
export function registerGate(registry: Registry, figures: () => GateFigures): void {
  const registers = [registry];
  new Gauge({
    name: 'keys_database_connections',
    help: 'Connections to the database for uses of keys.',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, idle } = figures().connections;
      this.labels('busy').set(open - idle);
      this.labels('idle').set(idle);
    },
  });
  new Gauge({
    name: 'keys_database_waiting',
    help: 'Batches that wait for a connection to the database.',
    registers,
    collect() {
      this.set(figures().connections.waiting);
    },
  });
  new Gauge({
    name: 'keys_changes_heard',
    help: '1 while a connection hears of changed keys; at 0, the database is asked for each use.',
    registers,
    collect() {
      this.set(figures().channel.isConnected ? 1 : 0);
    },
  });
  countFrom(
    'keys_change_channels_lost_total',
    'Times that the connection was lost that hears of changed keys.',
    () => {
      return figures().channel.lost;
    },
  );
  countFrom('keys_leased_slots_total', 'Slots of rate limits that were taken in advance.', () => {
    return figures().leases.leased;
  });
  countFrom('keys_unused_slots_total', 'Slots that were taken in advance and not used.', () => {
    return figures().leases.unused;
  });
  countFrom('keys_slot_round_trips_total', 'Round trips to the database for slots of rate limits.', () => {
    return figures().leases.roundTrips;
  });

  function countFrom(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
