import type { CodeOf } from '../error-codes.ts';
import type { Explanation } from './explanation.ts';

/** Codes with exit code 1. */
export const failed: Readonly<Record<CodeOf<'failed'>, Explanation>> = {
  authority_busy: {
    meaning: "another process kept the authority's database locked for too long",
    fix: ['wait for the other process, or allow more time: --timeout 2min'],
  },
  authority_foreign: {
    meaning: 'the database on the server holds tables of another program, which were left alone',
    fix: ['name a database of its own: createdb <name>'],
  },
  authority_gone: {
    meaning: "the authority's database was removed or replaced while it was in use",
    fix: ['put the file back: keys restore <file>', 'start the server again: keys serve'],
  },
  authority_missing: {
    meaning: "the authority's database is missing or empty although keys were issued from it",
    fix: ['restore a backup: keys restore <file>'],
  },
  authority_newer: {
    meaning: 'the database or backup was written by a newer version of keys',
    fix: ['update keys to that version or later'],
  },
  authority_unusable: {
    meaning: "the authority's database cannot be opened, read or updated",
    fix: ['keys doctor'],
  },
  backup_damaged: {
    meaning: 'the backup is damaged; nothing was restored',
    fix: ['restore an earlier backup: keys restore <file>'],
  },
  bug: {
    meaning: 'keys itself failed; this is a bug',
    fix: ['report it with the lines of the error and the output of: keys doctor --json'],
  },
  config_faulty: {
    meaning: 'the configuration file is not valid; the message names the first fault',
    fix: ['fix the file, or move it aside to start over'],
  },
  config_not_written: {
    meaning: 'the configuration file could not be written',
    fix: ['check the permissions and the free space of its folder', 'keys doctor'],
  },
  config_unreadable: {
    meaning: 'the configuration file cannot be read',
    fix: ['check its permissions', 'keys doctor'],
  },
  declined: {
    meaning: 'you declined at a prompt, or the input ended without an answer',
    fix: [],
  },
  delivery_failed: {
    meaning: 'the secret could not be delivered, so the new key was revoked again',
    fix: [
      'fix the cause in the message, then run the command again',
      'see whether secrets can wait in escrow next time: keys doctor',
    ],
  },
  delivery_unclear: {
    meaning:
      'a program was given the secret and was ended before it reported the outcome (exit code 5 in a rotation)',
    fix: ['check whether the secret arrived, then decide: keys recover'],
  },
  dotenv_ambiguous: {
    meaning: 'setting the variable would change how readers of the dotenv file parse the lines around it',
    fix: ['put the variable and its value on a line of their own'],
  },
  escrow_failed: {
    meaning: 'the escrow accepted a secret but did not return the same one',
    fix: ['keys doctor'],
  },
  editor_failed: {
    meaning: 'the editor could not be started, or failed; nothing was changed',
    fix: ['name another editor in VISUAL or EDITOR', 'keys config set <setting> <value>'],
  },
  file_locked: {
    meaning: 'another keys process has been writing in the same folder for too long',
    fix: ['wait for that process, or end it'],
  },
  file_not_lockable: {
    meaning: 'a lock file could not be locked; some network disks do not support file locks',
    fix: ['check the permissions of the folder', 'choose a local disk with KEYS_HOME: keys help environment'],
  },
  file_not_written: {
    meaning: 'a file could not be written',
    fix: ['check the permissions and the free space of its folder'],
  },
  file_taken: {
    meaning: 'a file that keys did not write is where keys would write one; it was left alone',
    fix: ['move the file aside if you do not need it, and run the command again'],
  },
  file_unreadable: {
    meaning: 'a file cannot be read, or is not valid JSON',
    fix: ['check that the file exists, that you may read it, and what is in it'],
  },
  file_unusable: {
    meaning: 'a file is too large, or is not a plain file',
    fix: ['name another file'],
  },
  folder_missing: {
    meaning: 'the folder of the file does not exist',
    fix: ['create the folder: mkdir -p -m 700 <folder>'],
  },
  folder_not_private: {
    meaning: 'a working folder of keys belongs to another user or is not a folder; nothing was written in it',
    fix: ['look at it, and remove it if you do not need it: ls -ld <folder>'],
  },
  folder_not_writable: {
    meaning: 'a folder cannot be created or written to',
    fix: ['check its permissions', 'choose another folder with KEYS_HOME: keys help environment'],
  },
  folder_unreadable: {
    meaning: 'the folder of your own providers cannot be read',
    fix: ['check its permissions', 'keys doctor'],
  },
  id_unknown: {
    meaning: 'the sink uses {id}, but the API did not return the id of the new key',
    fix: ['use {name} instead: --to "exec:./deliver {name}"'],
  },
  journal_not_written: {
    meaning: 'the journal could not be written; no key is created without one',
    fix: ['keys doctor', 'choose another folder with KEYS_HOME: keys help environment'],
  },
  keychain_entry_taken: {
    meaning: 'the keychain entry holds a key of another profile, which would be overwritten',
    fix: ['choose another name: --to keychain:NAME'],
  },
  native_part_unusable: {
    meaning: 'the single executable could not unpack a part of itself',
    fix: [
      'choose a folder that you can write to and run programs from, with KEYS_HOME: keys help environment',
    ],
  },
  new_key_refused: {
    meaning: 'the API does not accept the new key, so it was not delivered',
    fix: ['run the command again; if it fails again: keys provider show <id>'],
  },
  no_backup: {
    meaning: 'the backup file does not exist',
    fix: ['check the path'],
  },
  no_clipboard: {
    meaning: 'this machine has no clipboard, or no program that writes to it',
    fix: ['choose another sink: keys help sinks'],
  },
  no_database: {
    meaning: 'there is no database yet; the first key creates it',
    fix: ['keys doctor', 'name another database with --db <path>'],
  },
  not_a_backup: {
    meaning: "the file is not a backup of the authority's database",
    fix: ['create one: keys backup <file>'],
  },
  not_a_plain_file: {
    meaning: 'the path is a symbolic link, a folder or a device; secrets and backups go to plain files only',
    fix: ['name a plain file, or one that does not exist yet'],
  },
  not_ignored_by_git: {
    meaning: 'the file lies in a git work tree that does not ignore it, so a secret could be committed',
    fix: ['add the file to .gitignore, or pass --allow-in-git'],
  },
  not_listening: {
    meaning: 'the server cannot listen on this address and port',
    fix: ['take any free port: keys serve --port 0'],
  },
  not_readable: {
    meaning:
      'the secret was delivered to sinks that cannot be read back, so it cannot be delivered elsewhere',
    fix: ['create a new secret: keys rotate <key> --to <sink>'],
  },
  not_revoked: {
    meaning: 'the API did not revoke the key',
    fix: ['keys show <key>'],
  },
  output_failed: {
    meaning: 'the output could not be written, for example because the disk is full',
    fix: ['free some space, or write the output elsewhere'],
  },
  port_taken: {
    meaning: 'another program already listens on this port',
    fix: ['take any free port: keys serve --port 0'],
  },
  program_failed: {
    meaning: 'the program that delivers the secret failed',
    fix: ['run the program by hand to see why, then run the command again'],
  },
  program_missing: {
    meaning: 'a program that a sink needs is not on the PATH or is not executable',
    fix: ['install the program, or choose another sink: keys help sinks'],
  },
  program_not_ready: {
    meaning: 'a vendor program is not logged in, or may not write to the sink; no key was created',
    fix: ['log in with that program, then run the command again'],
  },
  provider_faulty: {
    meaning: 'your own provider file is not valid; the message names the first fault',
    fix: ['keys provider check <file>'],
  },
  read_back_failed: {
    meaning: 'the sink does not hold the secret that was delivered to it',
    fix: ['check what else writes to the sink, then run the command again'],
  },
  rejected: {
    meaning: 'the API rejected the request; the message has its reason',
    fix: ['see what the provider accepts: keys provider show <id>', 'see the requests: --debug'],
  },
  source_empty: {
    meaning: 'there is no secret at the source',
    fix: ['check the name and the path'],
  },
  source_unreadable: {
    meaning: 'the file that holds the secret cannot be read',
    fix: ['check that the file exists and that you may read it'],
  },
  unusable_address: {
    meaning: 'the id of the key cannot be part of a URL; the call was not made',
    fix: ['see the id: keys list --json id,name'],
  },
  value_not_writable: {
    meaning: 'the dotenv format cannot hold this secret safely',
    fix: ['deliver it to a file: --to file:PATH'],
  },
  value_with_nul: {
    meaning:
      'the secret contains a NUL character, which no environment variable can hold; nothing was started',
    fix: ['name another source, or remove the character from the file'],
  },
  variable_set_twice: {
    meaning: 'the dotenv file sets the variable more than once, and readers disagree on which line counts',
    fix: ['remove all but one of the lines'],
  },
  worker_ended: {
    meaning: 'a process of keys serve --workers ended again and again before it took calls',
    fix: ['see what one process says: keys serve --workers 1'],
  },
  would_be_lost: {
    meaning:
      'the API replaces the whole key on update, and some of its fields cannot be read; nothing was changed',
    fix: ['declare where these fields are in your provider file: docs/reference/providers.md'],
  },
};
