import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import type { AuthorityService } from '../../authority/service.ts';

/** The keys that a question is about, as its caller sees them, and their authority. */
export interface Asked {
  keys: ScopedKeys;
  authority: AuthorityService;
}
