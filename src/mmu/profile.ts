/** What paging features the processor model has; bits it lacks are reserved in paging structures. */
export interface PagingProfile {
  /** MAXPHYADDR, 36 to 44. */
  readonly physicalBits: number;
  readonly pse: boolean;
  readonly pse36: boolean;
  readonly pae: boolean;
  readonly nx: boolean;
  readonly pages1g: boolean;
  readonly pge: boolean;
  readonly pcid: boolean;
  readonly smep: boolean;
  readonly smap: boolean;
  readonly pku: boolean;
  readonly la57: boolean;
}
