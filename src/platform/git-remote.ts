import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/*
 * Where a work tree comes from, read without git: its settings may name programs, and a container may have no git.
 */

const maxBytes = 1024 * 1024;

/**
 * The remote repository of a work tree, such as `github.com/acme/shop`: without credentials and protocol, so that it is the same
 * for every clone. Of several, `origin`. Undefined without one, and for a folder of this machine.
 */
export function remoteOf(workTree: string): string | undefined {
  const urls = urlsIn(textOf(join(repositoryOf(workTree), 'config')) ?? '');
  const [only, ...others] = new Set(urls.values());
  const url = urls.get('origin') ?? (others.length === 0 ? only : undefined);
  return url === undefined ? undefined : nameOf(url);
}

/** The folder with the settings: that of the repository which a submodule or a further work tree names. */
function repositoryOf(workTree: string): string {
  const git = join(workTree, '.git');
  const [, named] = /^gitdir: (.+?)\r?\n?$/.exec(textOf(git) ?? '') ?? [];
  if (named === undefined) return git;
  const folder = resolve(workTree, named);
  return resolve(folder, textOf(join(folder, 'commondir'))?.trim() ?? '.');
}

function textOf(path: string): string | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= maxBytes ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** The first URL of each remote: https://git-scm.com/docs/git-config#_syntax */
function urlsIn(config: string): Map<string, string> {
  const urls = new Map<string, string>();
  let remote: string | undefined;
  for (const line of config.split('\n')) {
    const [, rest = ''] = /^\s*(.*?)\s*$/.exec(line) ?? [];
    if (rest.startsWith('[')) [, remote] = /^\[remote "((?:[^"\\]|\\.)*)"\]/i.exec(rest) ?? [];
    const [, url] = /^url\s*=\s*"?([^"]*)"?$/i.exec(rest) ?? [];
    if (remote !== undefined && url && !urls.has(remote)) urls.set(remote, url);
  }
  return urls;
}

/** `https://token@Example.com:8443/acme/shop.git` and `git@example.com:acme/shop` → `example.com/acme/shop`. */
function nameOf(url: string): string | undefined {
  const [, scheme = 'ssh', host = '', path = ''] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)(?:[^/]*@)?([\w.-]+)(?::\d+)?\/(.*)$/i.exec(url) ??
    /^()(?:[^/]*@)?([\w.-]{2,}):(?!:|\/\/)(.*)$/.exec(url) ??
    [];
  const place = path
    .replace(/[?#].*$/s, '')
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
  const isPlain = /^[\w.~+-]+(?:\/[\w.~+-]+)*$/.test(place);
  if (host === '' || !isPlain || /^file$/i.test(scheme)) return undefined;
  return `${host.toLowerCase()}/${place}`;
}
