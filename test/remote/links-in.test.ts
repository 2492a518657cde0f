import { expect, test } from 'vitest';
import { nextLink } from '../../src/remote/next-page.ts';

test.each([
  ['</a>; rel="prev", </b>; rel=next', '/b'],
  ['</a>; title="a, b; rel=prev"; REL="last NEXT"', '/a'],
  ['</a>; rel="prev"; title="x; rel=next"', undefined],
  ['</a?x=1,2;3>; rel="next"', '/a?x=1,2;3'],
  ["</a>; rel='next'", '/a'],
  ['</a>; rel="prev"; rel="next"', undefined],
  ['', undefined],
])('the next page of %s is %s', (link, next) => {
  expect(nextLink({ link })).toBe(next);
});

test.each([
  ['</a>; rel="prev"; results="true", </b>; rel="next"; results="false"', undefined],
  ['</a>; rel="next"; cursor="0:1,0"; results="true"', '/a'],
  ['</a>; Results=1; rel="next"', '/a'],
  ['</a>; rel="next"', '/a'],
])('with a parameter that says whether it has items, the next page of %s is %s', (link, next) => {
  expect(nextLink({ link }, 'results')).toBe(next);
});
