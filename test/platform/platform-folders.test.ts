import { expect, test } from 'vitest';
import { platformFolders } from '../../src/platform/platform-folders.ts';

const home = () => '/home/ada';
const noHome = () => {
  throw new Error('uv_os_homedir returned ENOENT');
};

test('Linux has the folders of XDG, wherever a variable puts them', () => {
  expect(platformFolders({}, 'linux', home)).toEqual({
    config: '/home/ada/.config/keys',
    data: '/home/ada/.local/share/keys',
    state: '/home/ada/.local/state/keys',
    cache: '/home/ada/.cache/keys',
  });
  const named = {
    XDG_CONFIG_HOME: '/c',
    XDG_DATA_HOME: '/d',
    XDG_STATE_HOME: '/s',
    XDG_CACHE_HOME: '/ca',
  };
  const folders = { config: '/c/keys', data: '/d/keys', state: '/s/keys', cache: '/ca/keys' };
  expect(platformFolders(named, 'linux', noHome)).toEqual(folders);
});

test('macOS and Windows have folders of their own', () => {
  expect(platformFolders({}, 'darwin', home)).toEqual({
    config: '/home/ada/Library/Preferences/keys',
    data: '/home/ada/Library/Application Support/keys',
    state: '/home/ada/Library/Application Support/keys/state',
    cache: '/home/ada/Library/Caches/keys',
  });
  expect(platformFolders({ APPDATA: '/roaming' }, 'win32', home)).toEqual({
    config: '/roaming/keys/Config',
    data: '/home/ada/AppData/Local/keys/Data',
    state: '/home/ada/AppData/Local/keys/Data/state',
    cache: '/home/ada/AppData/Local/keys/Cache',
  });
});

test('a user without a home is told so', () => {
  for (const none of [noHome, () => '', () => 'relative'])
    expect(() => platformFolders({ XDG_DATA_HOME: '/d' }, 'linux', none)).toThrow(
      'this user has no home folder',
    );
});
