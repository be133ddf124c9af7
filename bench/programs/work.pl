# Ordinary Perl: regular expressions, hashes, sorting, string building, subroutines.
use strict;
use warnings;

my ($size) = @ARGV;
my $state = 1;
sub random { $state = ($state * 1103515245 + 12345) & 0x7fffffff; return ($state >> 8) % $_[0] }

my @names = map { join '', map { chr(97 + random(26)) } 1 .. 3 + random(5) } 1 .. 500;
my (%hits, %bytes, @slow);
for my $i (1 .. 12_000 * $size) {
    my $line = sprintf '10.%d.%d.%d - %s [%02d/Mar/2026:%02d:%02d] "GET /%s/%s.html?id=%d HTTP/1.1" %d %d',
        random(4), random(256), random(256), $names[random(500)], 1 + random(28), random(24), random(60),
        $names[random(20)], $names[random(500)], random(10_000), (200, 200, 200, 404, 500)[random(5)], random(90_000);
    next unless $line =~ m{^([\d.]+) - (\w+) \[([^\]]+)\] "GET /(\w+)/([^?"]+)(?:\?id=(\d+))? HTTP/[\d.]+" (\d{3}) (\d+)$};
    my ($address, $user, $bytes) = ($1, $2, $8);
    $hits{"$4 $7"}++;
    $bytes{$address =~ s/\.\d+\.\d+$//r} += $bytes;
    push @slow, [$user, $bytes] if $bytes > 89_900;
}
printf "%s %d\n", $_, $hits{$_} for (sort { $hits{$b} <=> $hits{$a} || $a cmp $b } keys %hits)[0 .. 5];
printf "%s %d\n", $_, $bytes{$_} for sort keys %bytes;
print join(',', map { "$_->[0]=$_->[1]" } (sort { $b->[1] <=> $a->[1] || $a->[0] cmp $b->[0] } @slow)[0 .. 4]), "\n";

sub collatz { my ($n, $steps) = (shift, 0); while ($n != 1) { $n = $n % 2 ? 3 * $n + 1 : $n / 2; $steps++ } return $steps }
my ($best) = sort { $b->[1] <=> $a->[1] || $a->[0] <=> $b->[0] } map { [$_, collatz($_)] } 1 .. 350 * $size;
print "@$best\n";
my $text = join ' ', @names;
my $changed = 0;
$changed += ($text =~ s/\b(\w)(\w+)\b/$2$1/g) for 1 .. 20 * $size;
print "$changed ", length($text), ' ', substr($text, 100, 30), "\n";
