import type { CodeOf } from '../error-codes.ts';
import type { Explanation } from './explanation.ts';

/** Codes with exit code 4 or 7: session tokens, keychains and the network. */
export const remote: Readonly<Record<CodeOf<'auth' | 'network'>, Explanation>> = {
  authority_login_failed: {
    meaning: "the server of the authority's database refused the user or its password",
    fix: ['check the user in the URL and its password in PGPASSWORD, PGPASSFILE or ~/.pgpass'],
  },
  authority_unreachable: {
    meaning: "the server of the authority's database cannot be reached, or did not answer in time",
    fix: ['check the host and the port of the database, and that its server runs'],
  },
  ceiling_exceeded: {
    meaning: 'a user asked for more than an admin allows for its keys',
    fix: ['ask an admin to raise the limit'],
  },
  exchange_refused: {
    meaning: 'the API issues no access token for the session token, such as an OAuth client secret',
    fix: ['keys login', 'check the settings that belong to it: keys status'],
  },
  forbidden: {
    meaning: 'the session token is valid but may not do this',
    fix: ['keys status', 'log in with a token that may: keys login'],
  },
  keychain_absent: {
    meaning: 'this machine has no usable keychain',
    fix: [
      'pass the token with each call: KEYS_TOKEN or KEYS_TOKEN_FILE',
      'keep it in a file that only you can read: keys login --store file',
    ],
  },
  keychain_failed: {
    meaning: 'the keychain reported an error',
    fix: ['keys doctor', 'keep the token in a file that only you can read: keys login --store file'],
  },
  keychain_locked: {
    meaning: 'the keychain is locked',
    fix: ['unlock it, then run the command again'],
  },
  keychain_silent: {
    meaning: 'the keychain does not answer; it may be asking for its password in another window',
    fix: ['unlock it, then run the command again'],
  },
  model_not_entitled: {
    meaning: 'the organisation is not entitled to one of the models',
    fix: ['name other models: --models LIST', 'or ask an admin to allow it in: keys serve --models LIST'],
  },
  not_logged_in: {
    meaning: 'there is no session token for the profile, or the API does not accept it',
    fix: ['keys login', 'or set KEYS_TOKEN'],
  },
  secret_needed: {
    meaning: 'the API wants a password or one-time code for this call, and there is no terminal to ask on',
    fix: ['set the variable that the message names, such as KEYS_PASSWORD or KEYS_OTP'],
  },
  secret_refused: {
    meaning: 'the API does not accept the password or one-time code',
    fix: ['check the variable that the message names, such as KEYS_PASSWORD or KEYS_OTP'],
  },
  token_command_failed: {
    meaning: 'the tokenCommand of the profile failed',
    fix: ['run the command by hand, or change "tokenCommand" in the configuration'],
  },
  token_empty: {
    meaning: 'the source of the session token is empty',
    fix: ['provide the token alone, on one line'],
  },
  token_file_faulty: {
    meaning: 'the file that stores session tokens is damaged',
    fix: ['move it aside, then log in again: keys login --store file'],
  },
  token_file_open: {
    meaning: 'other users can read a file that holds a session token',
    fix: ['chmod 600 <file>'],
  },
  token_file_unreadable: {
    meaning: 'a file that holds a session token cannot be read',
    fix: ['check that the file exists and that you may read it'],
  },
  token_malformed: {
    meaning: 'the source holds something other than a token, such as quotes or a "Bearer " prefix',
    fix: ['provide the token alone, on one line'],
  },
  token_not_stored: {
    meaning: 'the keychain accepted the token but did not return the same one; you are not logged in',
    fix: ['keep it in a file that only you can read: keys login --store file'],
  },
  body_too_large: {
    meaning: 'the server sent a body of more than 32 MB',
    fix: ['check the URL of the profile: keys status'],
  },
  connection_failed: {
    meaning: 'the connection could not be made, or was closed before the reply was complete',
    fix: ['check the URL of the profile: keys status', 'see the requests: --debug'],
  },
  foreign_page: {
    meaning: 'the API sent a next page on another host, which was not called and got no token',
    fix: ['check the URL of the profile: keys status'],
  },
  list_endless: {
    meaning: 'the list did not end within the allowed number of pages',
    fix: ['see the requests: --debug', 'allow more time: --timeout 2min'],
  },
  list_incomplete: {
    meaning: 'the API has more keys than it returned, and gave no way to get them',
    fix: ['check the paging in your provider file: docs/reference/providers.md', 'see the requests: --debug'],
  },
  not_http: {
    meaning: 'the reply is not HTTP',
    fix: ['check the URL of the profile: keys status'],
  },
  not_json: {
    meaning: 'the server answered with something other than JSON',
    fix: ['check that the URL is that of the API, not of a web page: keys profile list'],
  },
  not_this_api: {
    meaning: 'the server at this URL is not the API that the provider describes',
    fix: ['check the URL and the options of the profile: keys status'],
  },
  page_repeated: {
    meaning: 'the server sent the same page twice, so the list would be incomplete',
    fix: ['see the requests: --debug'],
  },
  proxy_failed: {
    meaning: 'the HTTP proxy cannot be reached, refuses the connection or wants credentials',
    fix: ['check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: keys help environment'],
  },
  redirect_refused: {
    meaning: 'the server redirected the request to where the token must not go, or too often',
    fix: ['correct the URL of the profile: keys login --url <url>'],
  },
  reply_lost: {
    meaning:
      'the reply to a change was lost, so the change may or may not have happened (exit code 5 if keys can recover it)',
    fix: ['look before you try again: keys list', 'finish it: keys recover'],
  },
  server_failed: {
    meaning: 'the API failed with a 5xx status, after retries where they are safe',
    fix: ['look before you repeat a change: keys list', 'see the requests: --debug'],
  },
  timed_out: {
    meaning: 'the server did not connect, or stopped answering, within the time limit',
    fix: ['allow more time: --timeout 2min'],
  },
  tls_failed: {
    meaning: 'the TLS connection failed, or the certificate is not trusted or is for another host',
    fix: ['for a private CA: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem'],
  },
  unexpected_answer: {
    meaning: 'the answer does not have the shape that the provider describes; the message names the field',
    fix: ['check the URL of the profile: keys status', 'see the requests: --debug'],
  },
};
