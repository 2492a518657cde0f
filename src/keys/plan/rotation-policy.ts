import type { Key } from '../key.ts';
import type { RotationPolicy } from '../rotation/policy.ts';
import { rotatesInPlace } from '../rotation/retirement.ts';
import type { ApplyServices } from './apply-services.ts';
import { fieldsOf } from './compare.ts';
import type { DesiredKey } from './desired-key.ts';
import { expiryOfNew } from './expiry.ts';
import { renewedLabel } from './provenance.ts';

/** The rules of the file, as those of `keys rotate`. */
export function rotationPolicyOf(
  { backend, provenance, now }: Pick<ApplyServices, 'backend' | 'provenance' | 'now'>,
  desired: DesiredKey,
  current: Key,
): RotationPolicy {
  const { rotate = {}, to } = desired;
  // The API's own rotation takes nothing but an expiry.
  const label = rotatesInPlace(backend) ? {} : renewedLabel(current, provenance);
  return {
    grace: rotate.grace,
    whenIdle: rotate.whenIdle,
    due: rotate.due,
    olderThan: rotate.olderThan,
    expires: expiryOfNew(desired, now),
    fields: {
      ...fieldsOf(desired, current),
      ...(Object.keys(label).length > 0 && { labels: { ...current.labels, ...desired.labels, ...label } }),
    },
    finishOnly: to.length === 0,
    verify: true,
    allowLoss: false,
    allowDowntime: false,
    dryRun: false,
    to,
    assumeYes: true,
  };
}
