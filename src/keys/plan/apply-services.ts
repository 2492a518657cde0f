import type { Destination } from '../destination.ts';
import type { Key } from '../key.ts';
import type { CreationRecord, CreationServices } from '../operations/create.ts';
import type { KeyChanges } from '../ports.ts';
import type { RotationServices } from '../rotation/services.ts';
import type { PlanOptions, SurveyServices } from './survey.ts';

/** What carrying out a plan needs from outside the domain, for one profile. */
export interface ApplyServices extends SurveyServices {
  readonly options: PlanOptions;
  readonly creation: CreationServices;
  readonly rotation: RotationServices;
  openDestination(to: readonly string[]): Promise<Destination<CreationRecord>>;
  /** Changes a key, and warns of what the API did not store as requested. */
  update(key: Key, changes: KeyChanges): Promise<void>;
}
