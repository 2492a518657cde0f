// Stands in for node:child_process where it is never used; see build.mjs.
export default {};
