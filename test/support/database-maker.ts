import type { Socket } from 'node:net';
import type pg from 'pg';

/**
 * Makes and drops databases of a server over one connection, as each connection takes longer than either. It never keeps
 * the process from ending.
 */
export class DatabaseMaker {
  readonly #client: () => pg.Client;
  #connected: Promise<pg.Client> | undefined;
  #strategy = '';

  /** `client`: a new one of the server's superuser, not yet connected. */
  constructor(client: () => pg.Client) {
    this.#client = client;
  }

  async create(name: string, template: string): Promise<void> {
    const client = await this.#connect();
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} ${this.#strategy}`);
  }

  async drop(name: string): Promise<void> {
    await (await this.#connect()).query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  #connect(): Promise<pg.Client> {
    this.#connected ??= this.#open();
    return this.#connected;
  }

  async #open(): Promise<pg.Client> {
    const client = this.#client();
    client.once('end', () => {
      this.#connected = undefined;
    });
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    // From 15 on it would copy the template through the log, which takes twice as long.
    this.#strategy = Number(rows[0]?.server_version_num) < 150_000 ? '' : 'STRATEGY file_copy';
    (client as unknown as { connection: { stream: Socket } }).connection.stream.unref();
    return client;
  }
}
