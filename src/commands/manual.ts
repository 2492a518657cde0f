import type { Catalog } from '../cli/catalog.ts';
import type { Manual } from '../cli/help.ts';
import { topics } from './help-topics.ts';

/** What help says about the program. */
export function manualOf(catalog: Catalog): Manual {
  return {
    catalog,
    summary: 'Manage API keys: no secret lost, no secret leaked.',
    examples: [
      'keys create ci --expires 90d --to env:.env#API_KEY',
      'keys rotate ci --to env:.env#API_KEY',
      'keys login --provider openrouter',
    ],
    groups: {
      Keys: ['create', 'list', 'show', 'update', 'rename', 'revoke', 'rotate', 'recover', 'logs', 'usage'],
      'Policy and fleets': ['audit', 'leaks', 'plan', 'apply', 'export'],
      'Use of secrets': ['verify', 'find', 'run', 'snippet'],
      'Profiles and logins': ['login', 'logout', 'status', 'whoami', 'profile'],
      Providers: ['provider', 'api', 'open'],
      'The embedded authority': ['serve', 'session', 'backup', 'restore'],
      'This program': ['config', 'completion', 'doctor', 'docs', 'help'],
    },
    topics,
  };
}
