/** Dimensions as Python writes them: `(100,)`; `()` is a scalar, "no data" H5S_NULL; an unlimited one is `None`. */
export function shapeText(
  space: { readonly dims: readonly (number | undefined)[] } | { readonly kind: "null" },
): string {
  if (!("dims" in space)) return "no data";
  const text = space.dims.map((dim) => dim ?? "None").join(", ");
  return space.dims.length === 1 ? `(${text},)` : `(${text})`;
}
