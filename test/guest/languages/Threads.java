// Threads and monitors, exceptions that the JVM makes from faults, a garbage collection, a process.
import java.util.ArrayList;
import java.util.List;

public class Threads {
  static int count;

  static void caught(Runnable body) {
    try {
      body.run();
    } catch (RuntimeException e) {
      System.out.println(e.getClass().getName());
    }
  }

  static int deep(int n) {
    return 1 + deep(n + 1);
  }

  public static void main(String[] args) throws Exception {
    Object lock = new Object();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread thread = new Thread(() -> {
        for (int k = 0; k < 500; k++) synchronized (lock) { count++; }
      });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) thread.join();
    System.out.println(count);

    Object nothing = args.length > 5 ? "" : null;
    int[] three = new int[3];
    caught(() -> nothing.hashCode());
    caught(() -> three[3] = 1);
    caught(() -> System.out.println(1 / three[0]));
    caught(() -> System.out.println((Integer) (Object) "text"));
    try {
      deep(0);
    } catch (StackOverflowError e) {
      System.out.println("stack overflow");
    }
    List<byte[]> kept = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      byte[] bytes = new byte[100_000];
      if (i % 50 == 0) kept.add(bytes);
    }
    System.gc();
    System.out.println(kept.size());
    System.exit(4);
  }
}
