import type { CodeOf } from '../error-codes.ts';
import type { Explanation } from './explanation.ts';

/** Codes with exit code 5. */
export const unfinished: Readonly<Record<CodeOf<'unfinished'>, Explanation>> = {
  escrow_damaged: {
    meaning: 'the secret in escrow is damaged and was not delivered',
    fix: ['revoke the key it belongs to: keys recover <operation> --revoke'],
  },
  in_escrow: {
    meaning: 'the secret could not be delivered and waits in escrow',
    fix: ['fix the cause in the message, then deliver it: keys recover'],
  },
  journal_unreadable: {
    meaning: 'the folder of the journal cannot be read',
    fix: ['keys doctor'],
  },
  not_retired: {
    meaning: 'the new key is delivered, but the old one could not be retired',
    fix: [
      'keys recover',
      'or revoke the old key: keys revoke <id> --yes',
      'if the API has given its id to another key, keep every key: keys recover <operation> --keep',
    ],
  },
  operation_unreadable: {
    meaning: 'one file of the journal is damaged; the other operations are not affected',
    fix: ['read the file, settle what it describes, then remove it: keys recover --list'],
  },
  orphan_key: {
    meaning: 'a key exists whose secret is lost, and it could not be revoked',
    fix: ['keys recover', 'or revoke it: keys revoke <id> --yes'],
  },
  partly_changed: {
    meaning:
      'the change needs several calls to the API, and one of them failed; the message says what has changed and what has not',
    fix: ['run the command again for what has not changed'],
  },
  partly_delivered: {
    meaning: 'some sinks have the secret and others do not; there is no escrow it could wait in',
    fix: ['deliver the rest: keys recover'],
  },
  revocation_incomplete: {
    meaning:
      'the key no longer works, but a call that must follow its revocation failed; the hint repeats it',
    fix: ['keys api DELETE <path>'],
  },
  partly_revoked: {
    meaning: 'some of the keys were revoked before a failure; the hint revokes the rest',
    fix: ['keys revoke <key...> --yes'],
  },
  profiles_unasked: {
    meaning: 'some profiles could not be searched for the secret',
    fix: ['fix the cause in the message, then run the command again'],
  },
  renewed_undelivered: {
    meaning: 'the API replaced the secret of the key in place, and the new one was not delivered',
    fix: ['create another one: keys rotate <key> --allow-downtime --to <sink>'],
  },
  rotation_unfinished: {
    meaning: 'the rotation cannot be finished without your decision; the message says why',
    fix: ['keys recover'],
  },
  unfinished_before: {
    meaning: 'an earlier command for the same name is unfinished; no other key was created',
    fix: ['keys recover'],
  },
  value_not_in_place: {
    meaning: 'a key of this name works already, but a sink does not hold its secret (--if-missing)',
    fix: ['deliver a new secret: keys rotate <key> --to <sink>'],
  },
  value_unclear: {
    meaning: 'the API does not show enough of its keys to tell whether one has this secret',
    fix: ['ask the API, which then sees the secret: keys verify'],
  },
};
