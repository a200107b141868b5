/** A dataspace (IV.A.2.b, "The Dataspace Message"): no data at all, one element, or an array. */
export type Dataspace =
  | { readonly kind: "null" }
  | { readonly kind: "scalar"; readonly dims: readonly []; readonly maxDims: readonly [] }
  | {
      readonly kind: "simple";
      readonly dims: readonly number[];
      /** `undefined` is unlimited. */
      readonly maxDims: readonly (number | undefined)[];
    };
