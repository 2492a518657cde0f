import type { CodeOf } from '../error-codes.ts';
import type { Explanation } from './explanation.ts';

type Refusal = 'usage' | 'notFound' | 'limit' | 'notExecutable' | 'noProgram' | 'interrupted';

/** Codes with exit code 2, 3, 6, 126, 127 or 130. */
export const refused: Readonly<Record<CodeOf<Refusal>, Explanation>> = {
  argument_is_flag: {
    meaning: 'the value of {name} or {id} begins with "-", and the program would take it for an option',
    fix: ['put text before it: --to "exec:./deliver --name={name}"'],
  },
  header_not_sendable: {
    meaning:
      'the value of an HTTP header contains a line break or another character that HTTP does not allow',
    fix: ['the hint says which value it is; if it is the session token, store it again: keys login'],
  },
  invalid_key: {
    meaning: 'the authority does not accept the settings of the key; the message names each one',
    fix: ['see what it accepts: keys provider show local'],
  },
  manifest_faulty: {
    meaning:
      'keys.yaml, or the file that was named instead, is not valid; the message has the line and column of each fault',
    fix: ['change each line that the message names'],
  },
  not_trusted: {
    meaning: 'a file or folder that keys trusts belongs to another user, or another user can change it',
    fix: ['see what to change: keys doctor', 'choose another folder with KEYS_HOME: keys help environment'],
  },
  placeholder_in_code: {
    meaning: '{name} or {id} stands inside code that a shell or interpreter would run; no key was created',
    fix: ['pass it as an argument: --to "exec:./deliver {name}"'],
  },
  placeholder_unsafe: {
    meaning: 'the value of {name} or {id} has characters that are not safe where the command uses it',
    fix: ['make it an argument of its own: --to "exec:./deliver {name}"'],
  },
  usage: {
    meaning: 'the command line is wrong, or asks for something the provider cannot do; nothing happened',
    fix: ['keys help <command>'],
  },
  no_such_key: {
    meaning: 'no key has this id or name',
    fix: ['keys list --status all'],
  },
  no_such_operation: {
    meaning: 'no unfinished operation has this id; it may be finished already',
    fix: ['keys recover --list'],
  },
  no_such_session: {
    meaning: 'no session has this id',
    fix: ['keys session list'],
  },
  no_such_user: {
    meaning: 'the authority has no user of this name',
    fix: ['keys session list'],
  },
  no_such_value: {
    meaning: 'no key has this secret',
    fix: ['search every profile: keys find --all-profiles'],
  },
  setting_missing: {
    meaning: 'the setting is not set; its default applies',
    fix: ['keys config list'],
  },
  several_keys: {
    meaning: 'several keys match the name or the start of the id; the hints list them',
    fix: ['name one by its id: keys show <id>'],
  },
  value_mistyped: {
    meaning: 'the checksum of the secret is wrong, so no key has it; it was probably mistyped or cut off',
    fix: ['copy the secret again'],
  },
  budget: {
    meaning: 'the budget of the account at the API is spent',
    fix: ['raise the budget of the account at the API'],
  },
  conflict: {
    meaning: 'the API reports a conflict, such as a name that is taken',
    fix: ['keys list --status all'],
  },
  database_in_use: {
    meaning: 'another process has the database open; nothing was restored',
    fix: ['stop keys serve, then restore again'],
  },
  idempotency_key_reused: {
    meaning: 'the Idempotency-Key was used before with another request',
    fix: ['send a new Idempotency-Key with each new request'],
  },
  key_exists: {
    meaning: 'the API allows one active key, and there is one already',
    fix: ['revoke it first: keys revoke <key>'],
  },
  key_limit: {
    meaning: 'the account already has as many active keys as the API allows',
    fix: ['keys list', 'revoke a key you no longer need: keys revoke <key>'],
  },
  key_revoked: {
    meaning: 'the key is revoked, which is final',
    fix: ['keys create <name>'],
  },
  key_rotated: {
    meaning: 'the key was already rotated; the message names its successor',
    fix: ['rotate the successor: keys rotate <id>'],
  },
  rate_limited: {
    meaning: 'the API kept answering that its rate limit is reached',
    fix: ['wait a minute, then run the command again'],
  },
  apply_under_way: {
    meaning: 'another process is applying the same file; nothing was done here',
    fix: ['wait until it ends, then look: keys plan'],
  },
  created_elsewhere: {
    meaning:
      'another machine created a key of the same name at the same moment; the one created here was revoked before it was delivered',
    fix: ['see what is left to do: keys plan'],
  },
  rotation_under_way: {
    meaning: 'another process is rotating a key of the same name; nothing was done here',
    fix: ['wait until it ends, then look: keys list'],
  },
  session_limit: {
    meaning: 'the user already has as many active sessions as allowed',
    fix: ['end one: keys session revoke <id>'],
  },
  program_not_executable: {
    meaning: 'keys run found the program but cannot start it',
    fix: ['check that the file is a program you may run'],
  },
  program_not_found: {
    meaning: 'keys run found no such program',
    fix: ['check the name, and that its folder is on the PATH'],
  },
  interrupted: {
    meaning: 'you interrupted the command before anything had changed (exit code 5 after that)',
    fix: [],
  },
};
