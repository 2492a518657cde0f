import { toggle, values } from '../../cli/define.ts';
import { parseSink } from '../../sinks/sink-spec.ts';

/** Where a secret goes; shared by all commands that hand one over. */
export const destinationFlags = {
  to: values(
    '--to <sink>',
    'where the secret goes, such as env:.env#API_KEY; may be repeated (keys help sinks)',
    parseSink,
  ),
  secretOnly: toggle('--secret-only', 'print the bare secret and a newline, nothing else'),
  allowInGit: toggle('--allow-in-git', 'write the secret to a file that git does not ignore'),
};
