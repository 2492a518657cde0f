import { callsNamed } from './call.ts';
import type { CallName } from './inputs.ts';
import { callInputs } from './inputs.ts';
import type { Operation } from './operation.ts';
import type { Paging } from './paging.ts';
import type { Provider } from './provider.ts';

/** A call of a declaration, and where it is; `name` tells its inputs. */
export interface DeclaredCall {
  path: string;
  name: CallName;
  call: Operation & { paging?: Paging };
}

/** Every call of a declaration, several of one name and those that follow a revocation included. */
export function declaredCalls(provider: Provider): DeclaredCall[] {
  return (Object.keys(callInputs) as CallName[]).flatMap((name) => {
    const following = name === 'revoke' ? (provider.revoke?.then ?? []) : [];
    return [
      ...callsNamed(provider, name).map(({ operation, path }) => ({ path, name, call: operation })),
      ...following.map((one, index) => ({ path: `${name}.then.${index}`, name, call: one })),
    ];
  });
}
