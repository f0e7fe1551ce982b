import type { Box } from '../../domain.ts';

/** Area of a box in square pixels. */
export function area(box: Box): number {
  return box.width * box.height;
}

/** Area two boxes share over the area they cover together, 0..1. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}
