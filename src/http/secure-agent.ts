import type { AgentOptions } from 'node:https';
import { Agent } from 'node:https';

/** Loaded for https: alone. Certificates are checked as Node.js does, with NODE_EXTRA_CA_CERTS. */
export function secureAgent(options: AgentOptions): Agent {
  return new Agent(options);
}
