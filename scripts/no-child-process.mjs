// Replaces node:child_process in libraries that never use it; see build.mjs.
export default {};
