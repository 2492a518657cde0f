// Replaces commander's main file in the bundle, which makes a command of its own as soon as it is loaded; see build.mjs.
export { Command } from '../node_modules/commander/lib/command.js';
export { Option } from '../node_modules/commander/lib/option.js';
