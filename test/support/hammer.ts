import { Agent, get } from 'node:http';

/** Sends requests over 64 connections to the servers in turn, and counts the responses by status. */
export async function hammer(
  urls: readonly string[],
  key: string,
  count: number,
): Promise<Record<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const statuses = await Promise.all(
    Array.from({ length: count }, (_, index) => statusOf(agent, urls[index % urls.length] ?? '', key)),
  );
  agent.destroy();
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function statusOf(agent: Agent, url: string, key: string): Promise<number> {
  return new Promise((done, fail) => {
    get(`${url}/v1/authorize`, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
      response.resume().on('end', () => done(response.statusCode ?? 0));
    }).on('error', fail);
  });
}
