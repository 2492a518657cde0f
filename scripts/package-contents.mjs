/** What the package must hold, and what else it may. */
const required = [
  'package.json',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'dist/keys.cjs',
  'dist/common.pack',
  'dist/man/keys.1',
];
const licences = 'dist/THIRD-PARTY-LICENSES.txt';
const allowed =
  /^(?:dist\/(?:chunks\/)?[\w.-]+\.cjs|dist\/man\/keys[a-z-]*\.1|docs\/(?:reference\/|providers\/)?[\w.-]+\.(?:md|json)|docs\/screens\/[\w-]+\.svg)$/;

/** What is wrong with a package of these paths, a line each. */
export function packageProblems(paths) {
  const listed = [...required, licences];
  const missing = listed.filter((path) => !paths.includes(path));
  const strangers = paths.filter((path) => !listed.includes(path) && !allowed.test(path));
  return [
    ...missing.map((path) => `the package lacks ${path}`),
    ...strangers.map((path) => `the package holds ${path}, which scripts/package-contents.mjs does not list`),
  ];
}
