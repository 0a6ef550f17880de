import CPlatform

/// What this process may give back to the kernel.
public enum ProcessMemory {
  /// Gives back code that only starting needed, and memory that was allocated and freed. Both come back by themselves where
  /// they are needed after all. Takes some milliseconds, in which other threads may wait for memory: not for hot paths.
  public static func giveBack() {
    skep_release_code()
    skep_release_free_memory()
  }
}
