const REGION_2M = -0x200000;
/** No region of 2 MiB. */
const NOWHERE = 1;

/**
 * The way of the last walk from CR3 through three entries in RAM to a page table. As long as the entries hold what they
 * held then, a walk to the same 2 MiB goes the same way: they are compared all at once, where a walk must wait for one
 * before it knows the next. A page fault alone walks twice.
 */
export class TablePath {
  /** Word indices of the page table and of the directory above it, and the rights on the way to each. */
  table = 0;
  tableRights = 0;
  directory = 0;
  directoryRights = 0;

  readonly #words: Int32Array;
  #region = NOWHERE;
  #hi = 0;
  #root = 0;
  #epoch = 0;
  #reserved = 0;
  /** Word indices of the entries of levels 4, 3 and 2, and what they held. */
  #entry4 = 0;
  #lo4 = 0;
  #hi4 = 0;
  #entry3 = 0;
  #lo3 = 0;
  #hi3 = 0;
  #entry2 = 0;
  #lo2 = 0;
  #hi2 = 0;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /**
   * Whether a walk to the address would come to `table`. `root` is the frame in CR3, `epoch` that of the memory of the
   * tables, `reserved` the bits of a high word that must be 0.
   */
  leadsTo(lo: number, hi: number, root: number, epoch: number, reserved: number): boolean {
    const words = this.#words;
    return (
      this.#region === (lo & REGION_2M) &&
      this.#hi === hi &&
      this.#root === root &&
      this.#epoch === epoch &&
      this.#reserved === reserved &&
      words[this.#entry4] === this.#lo4 &&
      words[this.#entry4 + 1] === this.#hi4 &&
      words[this.#entry3] === this.#lo3 &&
      words[this.#entry3 + 1] === this.#hi3 &&
      words[this.#entry2] === this.#lo2 &&
      words[this.#entry2 + 1] === this.#hi2
    );
  }

  /** A walk to the address has just come by these entries to `table`, all of which are present and accessed. */
  remember(lo: number, hi: number, root: number, epoch: number, reserved: number): void {
    this.#region = lo & REGION_2M;
    this.#hi = hi;
    this.#root = root;
    this.#epoch = epoch;
    this.#reserved = reserved;
  }

  /** The word indices of the entries of levels 4, 3 and 2. */
  through(entry4: number, entry3: number, entry2: number): void {
    const words = this.#words;
    this.#entry4 = entry4;
    this.#lo4 = words[entry4]!;
    this.#hi4 = words[entry4 + 1]!;
    this.#entry3 = entry3;
    this.#lo3 = words[entry3]!;
    this.#hi3 = words[entry3 + 1]!;
    this.#entry2 = entry2;
    this.#lo2 = words[entry2]!;
    this.#hi2 = words[entry2 + 1]!;
  }
}
