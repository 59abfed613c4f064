/** The part of jstat that is used here: it brings no types of its own. */
declare module 'jstat' {
  const jStat: {
    readonly studentt: {
      /** The p-quantile of Student's t with `dof` degrees of freedom. */
      inv(p: number, dof: number): number;
    };
    readonly normal: {
      /** The p-quantile of a normal distribution. */
      inv(p: number, mean: number, standardDeviation: number): number;
    };
    /** Spearman's rank correlation; equal values share the mean of their ranks. NaN where one list is constant. */
    spearmancoeff(a: readonly number[], b: readonly number[]): number;
  };
  export default jStat;
}
