import { randomBytes } from 'node:crypto';
import { Secret } from '../base/secret.ts';
import type { Path } from '../providers/declaration/field.ts';
import { isJoined } from '../providers/declaration/field-paths.ts';
import type { Makes, SecretPath } from '../providers/declaration/operation.ts';
import { encodingStyles } from '../providers/declaration/styles.ts';
import type { Part } from './select.ts';
import { part, select, text, wrongShape } from './select.ts';

/* A new secret: made here, or as a response has it. */

/** A secret that the API takes from the client; undefined if the API makes its own. */
export function makeSecret(makes: Makes | undefined): Secret | undefined {
  return makes && new Secret(encodingStyles[makes.as].write(randomBytes(makes.bytes)));
}

/** The parts of a secret that a response has, in order; undefined for each that is missing. */
export function secretPartsIn(answer: Part, where: SecretPath): (Part | undefined)[] {
  return pathsOfParts(where).map((path) => {
    const secretPart = select(answer, path);
    return secretPart?.value === null || secretPart?.value === '' ? undefined : secretPart;
  });
}

/** The secret in a response. Throws `KeysError` (7) unless every part is there. */
export function secretIn(answer: Part, where: SecretPath): Part {
  const parts = secretPartsIn(answer, where).filter((one) => one !== undefined);
  const paths = pathsOfParts(where);
  if (parts.length < paths.length) {
    const places = paths.map((path) => [path].flat().join(' or ') || 'its top');
    throw wrongShape(answer, `a response with the secret at ${places.join(' and ')}`);
  }
  const [only] = parts;
  if (!isJoined(where) && only) return only;
  const separator = isJoined(where) ? where.with : '';
  return part(parts.map(text).join(separator), parts.map(({ at }) => at).join(' and '));
}

function pathsOfParts(where: SecretPath): readonly Path[] {
  return isJoined(where) ? where.join : [where];
}
