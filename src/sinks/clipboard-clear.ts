import { text } from 'node:stream/consumers';
import type { ClearJob } from './clear-clipboard.ts';
import { clearClipboard } from './clear-clipboard.ts';

/* An entry of the bundle: the process that clears the clipboard some time after `keys` has ended. Its job is on stdin. */

text(process.stdin).then((json) => {
  const { clearAfterMs, ...job } = JSON.parse(json) as ClearJob;
  setTimeout(() => clearClipboard(job), clearAfterMs);
});
